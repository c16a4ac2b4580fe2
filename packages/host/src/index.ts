export { HostError, type HostErrorCode } from './errors.js';
export type { HostEvents, HostListener, HostLog } from './events.js';
export { startHost } from './host.js';
export { type HostActorsOptions, hostActors, hostsOf, type PeerPlacement, startChangefeed } from './hostActors.js';
export type { FinishReport, Host, HostStopReport } from './hostContract.js';
export type { HostOptions, ModuleReference } from './options.js';
export type { HostSnapshot, HostThread, SourceSnapshotDetail } from './snapshot.js';
export type { Pump, PumpMessage, ReplayMessage, Replays, RouterInput, SourceHostEvent } from './sourceMessages.js';
export { SourceRouter, type SourceRouterOptions } from './sourceRouter.js';
