/** Ways in which a node can be faulty, with one line each for `--help` and the API's reference. */
export const FAULT_DESCRIPTIONS = {
  offline: 'hears nothing and sends nothing',
  falsify: 'votes for wrong data and replies with wrong results',
  'false-replies': 'votes honestly, but replies to clients with wrong results',
  equivocate: 'as commander, proposes different data to different nodes and votes for both',
  'split-collectors': 'as commander, names another communication node to each node',
  'double-vote': 'sends every vote twice, for two different digests',
  'silent-collector': 'as communication node, gathers no votes and sends no certificates',
  'forge-certificate': 'as communication node, sends only forged certificates',
  fabricate: 'as commander, proposes requests that no client signed',
  'false-view-change': 'hides what it voted for; as new commander, drops what was under way',
  'false-state': 'hands out wrong states and decisions to nodes that catch up',
  delay: 'sends everything late',
} as const satisfies Readonly<Record<string, string>>;

export type FaultKind = keyof typeof FAULT_DESCRIPTIONS;

/** Every kind of fault, in the order in which they are listed to users. */
export const FAULT_KINDS = [
  'offline',
  'falsify',
  'false-replies',
  'equivocate',
  'split-collectors',
  'double-vote',
  'silent-collector',
  'forge-certificate',
  'fabricate',
  'false-view-change',
  'false-state',
  'delay',
] as const satisfies readonly FaultKind[];

export function isFaultKind(text: string): text is FaultKind {
  return Object.hasOwn(FAULT_DESCRIPTIONS, text);
}
