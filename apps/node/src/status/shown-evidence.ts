import type { Evidence, PrePrepare, Standing } from '@ccro/consensus';
import { STANDING_OF } from '@ccro/consensus';
import type { EvidenceEntry } from '@ccro/runner';
import { json, type WireMessage } from '@ccro/wire';

/** Evidence as the status shows it: the statements as they travel, so that others can check them. */
export interface ShownEvidence extends Omit<EvidenceEntry, 'latest'> {
  readonly standing: Standing;
  readonly latest: object;
}

export function shownEvidence({ accused, kind, count, latest }: EvidenceEntry): ShownEvidence {
  return { accused, kind, standing: STANDING_OF[kind], count, latest: shownCase(latest) };
}

function shownCase(evidence: Evidence): object {
  const { kind, accused } = evidence;
  switch (kind) {
    case 'conflicting-votes':
      return { kind, accused, votes: evidence.votes.map(travelForm) };
    case 'conflicting-proposals':
      return { kind, accused, proposals: evidence.proposals.map(withoutBodies).map(travelForm) };
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

/** The signature does not cover the bodies. */
function withoutBodies(prePrepare: PrePrepare): PrePrepare {
  return { ...prePrepare, bodies: [] };
}

function travelForm(message: WireMessage): unknown {
  return JSON.parse(json.encode(message).toString());
}
