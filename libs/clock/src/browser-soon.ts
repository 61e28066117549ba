/**
 * Calls `run` when what is due now is done, to the last promise. A timer would do as well, but browsers
 * have it wait for four milliseconds.
 */
export function soon(run: () => void): void {
  due.push(run);
  port2.postMessage(undefined);
}

const due: (() => void)[] = [];
const { port1, port2 } = new MessageChannel();
port1.addEventListener('message', () => due.shift()?.());
port1.start();
