/** Node's `setImmediate` for browsers: after all promises, without a timer's four milliseconds. */

const channel = new MessageChannel();
const due: (() => void)[] = [];
channel.port1.onmessage = () => due.shift()?.();

export function setImmediate(run: () => void): void {
  due.push(run);
  channel.port2.postMessage(undefined);
}
