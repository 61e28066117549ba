/**
 * Whatever this program writes, its user alone may read: stores, logs, results. To be called
 * before the first file is written; a file that others are to read is given a mode of its own.
 */
export function keepFilesPrivate(): void {
  process.umask(0o077);
}
