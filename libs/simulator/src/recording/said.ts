import type { OutgoingMessage } from '@ccro/consensus';
import type { WireMessage } from '@ccro/wire';
import { describeMessage } from '../trace/describe-message.js';
import type { Said } from './recording.js';

const UNREADABLE: Said = { kind: 'unreadable', text: 'unreadable bytes' };

/** What a message says; undefined for bytes that are none. */
export function saidBy(message: WireMessage | undefined): Said {
  if (message === undefined) return UNREADABLE;
  const { kind } = message;
  const text = describeMessage(message);
  switch (message.kind) {
    case 'pre-prepare': {
      const { view, sequence, digest, replica } = message;
      return { kind, text, author: replica, view, sequence, digest };
    }
    case 'vote': {
      const { phase, view, sequence, digest, replica } = message;
      return { kind, text, author: replica, phase, view, sequence, digest };
    }
    case 'certificate': {
      const { phase, view, sequence, digest, proof } = message;
      return { kind, text, phase, view, sequence, digest, signers: proof.signers };
    }
    case 'decision': {
      const { view, sequence, digest, certificate } = message;
      return { kind, text, view, sequence, digest, signers: certificate.proof.signers };
    }
    case 'reply': {
      const [first] = message.results;
      const { view, replica } = message;
      const said: Said = { kind, text, author: replica, view };
      return first === undefined ? said : { ...said, sequence: first.sequence };
    }
    case 'view-change':
    case 'new-view':
    case 'suspicion':
    case 'status':
    case 'brief-reply':
      return { kind, text, author: message.replica, view: message.view };
    case 'fetch':
    case 'fetch-chunk':
    case 'chunk-part':
      return { kind, text, author: message.replica, sequence: message.sequence };
    case 'answer':
      return { kind, text, author: message.replica };
    case 'request':
    case 'requests':
    case 'query':
      return { kind, text };
  }
}

/** What a message would say once it is signed: nothing that is shown depends on that. */
export function saidUnsigned(message: OutgoingMessage): Said {
  const signed = { signature: '', ...message };
  return saidBy(signed as unknown as WireMessage);
}
