export { Checkers, Violation } from './checkers.js';
export { Random } from './random.js';
export { SimulatedCluster, type SimulationOptions } from './simulated-cluster.js';
export { HEALTHY_NETWORK, SimulatedNetwork, type NetworkFaults } from './simulated-network.js';
export { VirtualTime } from './virtual-time.js';
