// A child process of seeds.test.ts: runs the seeds it is given over the compiled simulator, and prints the broken ones as JSON.

import { runScenario, scenarioOf } from '@tidegate/sim';

const [first, count, step] = process.argv.slice(2).map(Number);
const broken = [];
for (let i = 0; i < count && broken.length < 3; i++) {
  const seed = first + i * step;
  const scenario = scenarioOf(seed);
  const { violations } = await runScenario(scenario);
  if (violations.length === 0) continue;
  const again = `npm run sim -- --seed ${seed} --profile ${scenario.profile} --trace`;
  broken.push({ again, violations: violations.map(({ rule, text }) => `${rule}: ${text}`) });
}
process.stdout.write(JSON.stringify(broken));
