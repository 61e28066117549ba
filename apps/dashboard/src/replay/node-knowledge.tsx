import type { JSX } from 'preact';
import type { HeldCertificate, KnowingNode, KnownSlot } from './knowledge.js';
import { firstDigits } from './words.js';

/** Slots shown of a node at most: the newest. */
const MAX_SLOTS = 8;

interface NodesKnowledgeProps {
  readonly nodes: readonly KnowingNode[];
  readonly selected: number | undefined;
  readonly quorum: number;
}

/** What each node knows at this moment: slot by slot, and whose votes it holds. */
export function NodesKnowledge({ nodes, selected, quorum }: NodesKnowledgeProps): JSX.Element {
  const shown = selected === undefined ? nodes : nodes.filter(({ id }) => id === selected);
  return (
    <section class="knowledge" aria-labelledby="knowledge">
      <h2 id="knowledge">Who knows what</h2>
      <div class="knowledge-nodes">
        {shown.map((node) => (
          <NodeKnowledge key={node.id} node={node} quorum={quorum} />
        ))}
      </div>
    </section>
  );
}

interface NodeKnowledgeProps {
  readonly node: KnowingNode;
  readonly quorum: number;
}

function NodeKnowledge({ node, quorum }: NodeKnowledgeProps): JSX.Element {
  const { id, view, waits, up, fault, lastExecuted, stable, slots } = node;
  return (
    <article data-testid={`knows-${id}`} aria-label={`What node ${id} knows`}>
      <h3>
        Node {id}
        {!up && ', without power'}
        {fault !== undefined && `, ${fault}`}
      </h3>
      <p class="quiet">
        view {view}
        {waits && ', left'}; executed {lastExecuted}
        {stable > 0 && `; stable ${stable}`}
      </p>
      <ul class="lines">
        {slots
          .slice(-MAX_SLOTS)
          .toReversed()
          .map((slot) => (
            <li key={slot.sequence}>
              <b>Slot {slot.sequence}</b> {phaseOf(slot)}
              {slot.accepted !== undefined && <Digest text={slot.accepted.digest} />}
              <ul>
                {slot.votes.map(({ phase, view: of, digest, voters }) => (
                  <li key={`${phase}${of}${digest}`}>
                    {phase} votes <Digest text={digest} /> {of !== view && `in view ${of}`} of{' '}
                    {voters.join(', ')}
                    {voters.length >= quorum && ': a quorum'}
                  </li>
                ))}
                <Certificate name="prepared" held={slot.prepared} />
                <Certificate name="committed" held={slot.committed} />
              </ul>
            </li>
          ))}
        {slots.length > MAX_SLOTS && <li class="quiet">{slots.length - MAX_SLOTS} older ones</li>}
      </ul>
    </article>
  );
}

interface CertificateProps {
  readonly name: string;
  readonly held: HeldCertificate | undefined;
}

function Certificate({ name, held }: CertificateProps): JSX.Element | null {
  if (held === undefined) return null;
  return (
    <li>
      {name} <Digest text={held.digest} /> by {held.signers.join(', ')}
    </li>
  );
}

/** The beginning of a digest, coloured by it: the same looks the same. */
function Digest({ text }: { readonly text: string }): JSX.Element {
  const hue = (Number.parseInt(text.slice(0, 4), 16) || 0) % 360;
  return (
    <code class="digest" style={{ '--hue': String(hue) }} title={text}>
      {firstDigits(text)}
    </code>
  );
}

function phaseOf({ accepted, prepared, committed, executed }: KnownSlot): string {
  if (executed) return 'executed ';
  if (committed !== undefined) return 'committed ';
  if (prepared !== undefined) return 'prepared ';
  return accepted === undefined ? 'not proposed yet ' : 'accepted ';
}
