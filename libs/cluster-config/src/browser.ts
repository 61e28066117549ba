export { MAX_MEMBERS } from '@ccro/consensus';
export {
  adminsOf,
  formatClusterFile,
  GATEWAY_CLIENT,
  parseClusterConfig,
  clusterKeys,
  requireClient,
  requireMember,
  type Client,
  type ClusterConfig,
  type ClusterMode,
  type ClusterPlan,
  type Member,
  type Tuning,
} from './cluster-config.js';
export { NAME_PATTERN, SIGNATURE_CHOICES } from './cluster-schema.js';
export { BLS_FROM, type SignatureChoice } from './signature-scheme.js';
export { ConfigurationError, notAllowed } from './configuration-error.js';
export {
  developmentCluster,
  developmentKey,
  developmentVotingKey,
  isDevelopmentCluster,
} from './development.js';
export { clientFacts, settingsOf, stateSettings } from './settings.js';
