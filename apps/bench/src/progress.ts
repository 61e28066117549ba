import { SingleBar } from 'cli-progress';
import type { ScenarioResult, Yardstick } from './result/results.js';
import { scenarioText } from './result/format.js';

/**
 * Tables on the standard output as they are ready; below them, on a terminal, how far the scenario
 * is.
 */
export class Progress {
  private bar: SingleBar | undefined;
  private scenario = '';

  onScenario(name: string): void {
    this.stop();
    this.scenario = name;
  }

  onPlan(cases: number): void {
    this.bar = new SingleBar({
      format: '{scenario} {bar} {value}/{total} | {case} | {duration_formatted}',
      stream: process.stderr,
      hideCursor: true,
      clearOnComplete: true,
      linewrap: false,
      barsize: 20,
    });
    this.bar.start(cases + 1, 0, { scenario: this.scenario, case: '' });
  }

  onCase(name: string): void {
    this.bar?.increment(1, { case: name });
  }

  onResult(result: ScenarioResult, yardstick: Yardstick): void {
    this.stop();
    process.stdout.write(`${scenarioText(result, yardstick)}\n`);
  }

  stop(): void {
    this.bar?.stop();
    this.bar = undefined;
  }
}
