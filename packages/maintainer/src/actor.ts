import type { ActorFactory } from '@tidegate/runtime';
import { Maintainer } from './maintainer.js';
import { type MaintainerOptions, resolveOptions } from './options.js';

/** Makes a maintainer on the thread where it will live. Throws {@link MaintainerOptionError} for an unusable option. */
export const createMaintainer: ActorFactory<MaintainerOptions | undefined> = (context, options) =>
  new Maintainer(context, resolveOptions(options));
