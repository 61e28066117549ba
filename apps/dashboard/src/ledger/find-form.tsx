import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { requestById } from '../connection/gateway.js';
import { Form } from '../panels/form.js';
import { ForeignText } from '../panels/foreign-text.js';
import { Problem, useAttempts } from '../panels/problem.js';

/** Finds the slot of a request by its id, and says what came of it, as far as the gateway knows. */
export function FindForm({ onFound }: { readonly onFound: (slot: number) => void }): JSX.Element {
  const [id, setId] = useState('');
  const [found, setFound] = useState<string | undefined>();
  const { problem, busy, attempt } = useAttempts();
  const find = async (): Promise<void> => {
    setFound(undefined);
    const request = await requestById(id.trim());
    if (request.status !== 'decided') return setFound(`${request.id} is ${request.status}.`);
    setFound(`Slot ${request.sequence}, with the result ${JSON.stringify(request.result)}`);
    onFound(request.sequence);
  };
  return (
    <>
      <Form class="row" onSubmit={() => attempt(find)}>
        <label class="grow">
          Id of a request
          <input
            value={id}
            required
            maxLength={100}
            placeholder="gateway-1795367333317000"
            onInput={({ currentTarget }) => setId(currentTarget.value)}
          />
        </label>
        <button type="submit" disabled={busy}>
          Find
        </button>
      </Form>
      <p class="quiet" role="status" data-testid="found">
        {found !== undefined && problem === undefined && <ForeignText text={found} />}
      </p>
      <Problem text={problem} />
    </>
  );
}
