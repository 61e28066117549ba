import { spawn, type ChildProcess } from 'node:child_process';

/**
 * A shell that is told which processes run, waits for its input to end, which happens when this
 * process ends in whatever way (even by SIGKILL, when no handler runs), and then kills those that
 * are left and removes the directory. It knows ids alone, so an id is taken back as soon as its
 * process has ended: the system gives ids away again.
 */
const SCRIPT = `
alive=" "
while read -r change pid; do
  case $change in
    started) alive="$alive$pid " ;;
    ended) case $alive in *" $pid "*) alive="\${alive%%" $pid "*} \${alive#*" $pid "}" ;; esac ;;
  esac
done
for pid in $alive; do kill -9 "$pid"; done
if [ -n "$1" ]; then rm -rf "$1"; fi
`;

export class Watchdog {
  private readonly shell: ChildProcess;

  /** @param directory removed as well, if there is one */
  constructor(directory?: string) {
    this.shell = spawn('/bin/sh', ['-c', SCRIPT, 'sh', directory ?? ''], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    this.shell.on('error', () => {}); // no shell: then orderly ends alone clean up
    this.shell.stdin?.on('error', () => {});
    this.shell.unref();
  }

  started(pid: number): void {
    this.shell.stdin?.write(`started ${pid}\n`);
  }

  ended(pid: number): void {
    this.shell.stdin?.write(`ended ${pid}\n`);
  }

  /** Nothing is left to watch, or what is left is to stay. */
  dismiss(): void {
    this.shell.kill('SIGKILL');
  }
}
