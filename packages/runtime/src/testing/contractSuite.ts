import { askCases } from './contractAsk.js';
import { deliveryCases } from './contractDelivery.js';
import { endCases } from './contractEnd.js';
import type { ContractCase } from './contractHarness.js';
import { timeCases } from './contractTime.js';

/** What every binding of the runtime promises, as cases for any test runner. */
export const contractCases: readonly ContractCase[] = [...deliveryCases, ...timeCases, ...askCases, ...endCases];
