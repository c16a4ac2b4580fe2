import { checkMutants } from './checkMutants.js';
import { COORDINATOR_MUTANTS } from './coordinatorMutants.js';
import { MAINTAINER_MUTANTS } from './maintainerMutants.js';
import { ROUTE_MUTANTS } from './routeMutants.js';

checkMutants([...MAINTAINER_MUTANTS, ...COORDINATOR_MUTANTS, ...ROUTE_MUTANTS]);
