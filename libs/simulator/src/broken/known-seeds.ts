/**
 * Where looking for a broken protocol begins when it has to be quick: a seed that showed it among clusters
 * of 4, as `npm run simulate -- --break all --nodes 4` found it. One that shows it no more costs time and
 * nothing else, since all the others are tried after it. Protocols that the first few seeds show have none.
 */
export const KNOWN_SEEDS: Readonly<Record<string, number>> = {
  'vote-signature-unchecked': 8,
  'certificate-unchecked': 19,
  'carried-over-fast': 12,
  'stale-certificate': 11,
  'client-signature-unchecked': 7,
  'list-known-by-signature': 5,
  'list-known-by-content': 7,
  'bls-group-unchecked': 32,
  'bls-group-unweighted': 32,
  'bls-certificate-unchecked': 154,
  'state-unverified': 4,
  'decision-unverified': 34,
  'nothing-forgotten': 18,
  'executed-voted-on-again': 19,
  'view-forgotten': 10,
  'proposals-forgotten': 43,
  'new-view-believed': 6,
  'other-views-view-changes': 116,
  'new-view-of-few': 7,
  'new-view-of-one': 52,
  'own-words-refused': 60,
  'nobody-suspects': 22,
  'told-alone': 25,
  'no-rule-1': 68,
  'rule-1-not-strict': 24,
  'null-votes-unreported': 13,
  'lowest-certificate': 11,
};
