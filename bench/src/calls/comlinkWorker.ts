import { workerData } from 'node:worker_threads';
import { expose } from 'comlink';
import { portEndpoint } from './portEndpoint.js';
import { Receiver } from './receiver.js';

expose(new Receiver(), portEndpoint(workerData));
