import { keyPairFromSeed, type KeyPair } from '@ccro/crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { requireClient, requireMember, type ClusterConfig } from './cluster-config.js';
import { ConfigurationError, shown } from './configuration-error.js';
import { developmentKey, type KeyRole } from './development.js';
