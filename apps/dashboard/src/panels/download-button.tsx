import type { ComponentChildren, JSX } from 'preact';
import { Problem, useAttempts } from './problem.js';

interface DownloadButtonProps {
  readonly load: () => Promise<string>;
  /** Name of the file. */
  readonly file: string;
  /** What is read out, where the content does not say enough. */
  readonly label?: string;
  readonly children: ComponentChildren;
}

/**
 * Fetches a text and saves it as a file; says so where there is none. No link would do: it sends no
 * key.
 */
export function DownloadButton({ load, file, label, children }: DownloadButtonProps): JSX.Element {
  const { problem, attempt } = useAttempts();
  const download = (): void => attempt(async () => save(await load(), file));
  return (
    <>
      <button type="button" class="plain" aria-label={label} onClick={download}>
        {children}
      </button>
      <Problem text={problem} />
    </>
  );
}

function save(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/octet-stream' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
