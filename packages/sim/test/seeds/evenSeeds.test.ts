import { checkSeeds } from './checkSeeds.js';

checkSeeds(1);
