#!/usr/bin/env node
import { runTidegate } from './run.js';

// Not process.exit: what is still in the pipes of standard output and error must leave first.
process.exitCode = await runTidegate(process.argv.slice(2));
