import { checkSeeds } from './checkSeeds.js';

checkSeeds(0);
