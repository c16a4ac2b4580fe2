export * from './actor.js';

export type { Delivered, DeliveryObserver } from './core/observation.js';
export type { DeadLetter, DeadLetterReason, EmittedEvent, LogLine } from './core/reports.js';
export { type ActorState, OUTSIDE } from './core/selfItem.js';
export * from './errors.js';
export { createLocal, type LocalSystem } from './local.js';
export { createStepped, type Step, type SteppedOptions, type SteppedSystem } from './stepped.js';
export * from './system.js';
export { startThreads } from './threads.js';
export {
  type ActorPlacement,
  DEFAULT_LIMITS,
  type Limits,
  type LinkDeclaration,
  type RestartPolicy,
  type ThreadParking,
  type ThreadPlacement,
  type Topology,
} from './topology.js';
export { type Arrival, HostGate, type HostWatcher } from './transport/hostGate.js';
export { type Envelope, MemoryTransport, type MemoryTransportOptions, type WaySnapshot } from './transport/memoryTransport.js';
export { createPeer, type PeerOptions, type PeerSnapshot } from './transport/peer.js';
export * from './transport/transport.js';
