import type { ComponentChildren, JSX } from 'preact';

interface TableProps {
  readonly titles: readonly string[];
  readonly children: ComponentChildren;
}

/** Rows under the titles of their columns. */
export function Table({ titles, children }: TableProps): JSX.Element {
  return (
    <table>
      <thead>
        <tr>
          {titles.map((title) => (
            <th key={title} scope="col">
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  );
}

/** What a node saw in the decision of a request; null: it said nothing. */
interface Tally {
  readonly id: number;
  /** The fault that it was given, where that is known. */
  readonly fault?: string | null;
  readonly correct: number | null;
  readonly corrupt: number | null;
  readonly reply: string;
}

/** The seed's report: correct and corrupt messages, node by node. */
export function Tallies({ nodes }: { readonly nodes: readonly Tally[] }): JSX.Element {
  return (
    <Table titles={['Node', 'Correct', 'Corrupt', 'Reply']}>
      {nodes.map(({ id, fault = null, correct, corrupt, reply }) => (
        <tr key={id}>
          <td>
            {id}
            {fault !== null && <span class="problem"> {fault}</span>}
          </td>
          <td>{correct ?? '–'}</td>
          <td class={corrupt !== null && corrupt > 0 ? 'problem' : ''}>{corrupt ?? '–'}</td>
          <td class={reply === 'false' ? 'problem' : ''}>{reply}</td>
        </tr>
      ))}
    </Table>
  );
}
