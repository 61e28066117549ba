import type { SourceEdit } from '@ccro/simulator';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { FromWorker, Task, TaskResult, ToWorker } from './messages.js';

const WORKER = fileURLToPath(new URL('./worker.js', import.meta.url));

/** A worker process, from the side of who gives it work. One task at a time. */
export class WorkerProcess {
  private readonly child: ChildProcess;
  private said = '';

  private constructor() {
    this.child = fork(WORKER, [], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: ['--enable-source-maps'],
    });
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.said += chunk.toString();
    });
  }

  /** Starts one that loads the protocol with `edits` made to it. */
  static async start(edits: readonly SourceEdit[]): Promise<WorkerProcess> {
    const worker = new WorkerProcess();
    const answer = await worker.ask({ kind: 'setup', edits });
    if (answer.kind !== 'ready') throw new Error('a worker did not get ready');
    return worker;
  }

  /** @throws when the worker ends instead of answering: a bug, which it has described */
  async run(task: Task): Promise<TaskResult> {
    const answer = await this.ask(task);
    if (answer.kind !== 'result') throw new Error('a worker did not do its task');
    return answer;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }

  private ask(message: ToWorker): Promise<FromWorker> {
    return new Promise((resolve, reject) => {
      const onEnd = (): void => {
        const about = message.kind === 'task' ? ` at seed ${message.seed}` : '';
        reject(new Error(`a worker ended${about}:\n${this.said}`));
      };
      this.child.once('close', onEnd);
      this.child.once('message', (answer) => {
        this.child.off('close', onEnd);
        resolve(answer as FromWorker);
      });
      this.child.send(message);
    });
  }
}
