import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { receiptText } from '../connection/gateway.js';

/** Fetches the receipt of a request and saves it as a file; says so where there is none. */
export function ReceiptButton({ request }: { readonly request: string }): JSX.Element {
  const [problem, setProblem] = useState<string | undefined>();
  const download = async (): Promise<void> => {
    try {
      save(await receiptText(request), `receipt-${request}.json`);
      setProblem(undefined);
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <>
      <button
        type="button"
        class="plain"
        aria-label={`Download the receipt of ${request}`}
        onClick={() => void download()}
      >
        Download
      </button>{' '}
      <a href={`/check?request=${encodeURIComponent(request)}`}>Check</a>
      {problem !== undefined && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
    </>
  );
}

function save(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
