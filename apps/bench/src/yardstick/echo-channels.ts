export const ECHO_CHANNELS = { there: 'bench:there', back: 'bench:back' } as const;
