import { describeExperimentQueueContract } from './experiment-queue.contract.js';
import { InProcessExperimentQueue } from './in-process-experiment-queue.js';

describeExperimentQueueContract('InProcessExperimentQueue', async (measurer) => {
  return new InProcessExperimentQueue(() => measurer);
});
