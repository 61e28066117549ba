import type { Evidence, Standing } from '@ccro/consensus';
import { STANDING_OF } from '@ccro/consensus';
import type { EvidenceEntry } from '@ccro/runner';
import { json, type WireMessage } from '@ccro/wire';

/** Evidence as the status shows it: the statements as they travel, so that others can check them. */
export interface ShownEvidence extends Omit<EvidenceEntry, 'latest'> {
  readonly standing: Standing;
  /** Undefined where there was no room to keep it. */
  readonly latest: object | undefined;
}

export function shownEvidence({ accused, kind, count, latest }: EvidenceEntry): ShownEvidence {
  return { accused, kind, standing: STANDING_OF[kind], count, latest: latest && shownCase(latest) };
}

function shownCase(evidence: Evidence): object {
  const { kind, accused } = evidence;
  switch (kind) {
    case 'conflicting-votes':
      return { kind, accused, votes: evidence.votes.map(travelForm) };
    case 'conflicting-proposals':
      return { kind, accused, proposals: evidence.proposals.map(travelForm) };
    case 'vote-against-decision': {
      const { vote, certificate } = evidence;
      const decided = certificate.digest;
      return {
        kind,
        accused,
        vote: travelForm(vote),
        decided,
        certificate: travelForm(certificate),
      };
    }
    case 'wrong-chunk':
    case 'collector-failed':
      return evidence;
  }
}

function travelForm(message: WireMessage): unknown {
  return JSON.parse(json.encode(message).toString());
}
