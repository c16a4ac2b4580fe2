import { checkMutants } from './checkMutants.js';
import { DISPATCHER_MUTANTS } from './dispatcherMutants.js';
import { TOPOLOGY_MUTANTS } from './topologyMutants.js';

checkMutants([...DISPATCHER_MUTANTS, ...TOPOLOGY_MUTANTS]);
