import { CATALOGUE, type OutgoingMessage } from '@ccro/consensus';
import type { WireMessage } from '@ccro/wire';
import { describeMessage } from '../trace/describe-message.js';
import type { Said } from './recording.js';

const UNREADABLE: Said = { kind: 'unreadable', text: 'unreadable bytes' };

/** What a message says; undefined for bytes that are none. */
export function saidBy(message: WireMessage | undefined): Said {
  if (message === undefined) return UNREADABLE;
  const { kind } = message;
  const isMembers = CATALOGUE[kind].by === 'replica' || CATALOGUE[kind].by === 'primary';
  return {
    kind,
    text: describeMessage(message),
    ...(isMembers && 'replica' in message && { author: message.replica }),
    ...('phase' in message && { phase: message.phase }),
    ...('view' in message && { view: message.view }),
    ...slotIn(message),
    ...('proof' in message && { signers: message.proof.signers }),
    ...('certificate' in message && { signers: message.certificate.proof.signers }),
  };
}

/** The slot that it is about, and the digest that it says of it. */
function slotIn(message: WireMessage): Pick<Said, 'sequence' | 'digest'> {
  if (message.kind === 'reply') {
    const [first] = message.results;
    return first === undefined ? {} : { sequence: first.sequence };
  }
  if (!('sequence' in message)) return {};
  const { sequence } = message;
  return 'view' in message ? { sequence, digest: message.digest } : { sequence };
}

/** What a message would say once it is signed: nothing that is shown depends on that. */
export function saidUnsigned(message: OutgoingMessage): Said {
  const signed = { signature: '', ...message };
  return saidBy(signed as unknown as WireMessage);
}
