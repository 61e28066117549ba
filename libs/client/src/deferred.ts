/** A promise that is settled from outside. Nobody has to wait for it: it never goes unhandled. */
export class Deferred<T> {
  readonly promise: Promise<T>;
  private settle!: {
    readonly resolve: (value: T) => void;
    readonly reject: (reason: Error) => void;
  };

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
    this.promise.catch(() => undefined);
  }

  resolve(value: T): void {
    this.settle.resolve(value);
  }

  reject(reason: Error): void {
    this.settle.reject(reason);
  }
}
