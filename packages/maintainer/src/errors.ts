/** Base of every error of this package. `code` is stable; the message says what, where and what to do. */
export class MaintainerError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = new.target.name;
    this.code = code;
  }
}

/** An option of the maintainer is not usable. */
export class MaintainerOptionError extends MaintainerError {
  readonly option: string;

  constructor(option: string, problem: string) {
    super('MAINTAINER_OPTION', `maintainer option "${option}" ${problem}`);
    this.option = option;
  }
}

/** A `start` message that cannot be obeyed. */
export class MaintainerStartError extends MaintainerError {
  constructor(problem: string) {
    super('MAINTAINER_START', `the changefeed cannot start: ${problem}`);
  }
}

/** The list of hosts that are alive lacks the maintainer's own: nothing of the changefeed could go on. */
export class HostsError extends MaintainerError {
  constructor(own: string) {
    super(
      'OWN_HOST_MISSING',
      `the hosts that are alive do not include "${own}", where the maintainer runs; start it anew elsewhere`,
    );
  }
}

/** No handle is free any more: the changefeed has more dispatchers than a handle can name. */
export class HandleSpaceError extends MaintainerError {
  constructor(limit: number) {
    super('HANDLE_SPACE', `all ${limit} dispatcher handles are in use; spread the tables over several changefeeds`);
  }
}

/** A handle was used in a way that its task's state does not allow: an error of the caller. */
export class TaskStateError extends MaintainerError {
  constructor(handle: number, wanted: string, state: string) {
    super('TASK_STATE', `task of handle ${handle} is ${state}; it must be ${wanted} for this step`);
  }
}

/** The hosts' bootstrap answers cannot be built upon (S-2, S-5). */
export class BootstrapError extends MaintainerError {
  constructor(problem: string) {
    super('BOOTSTRAP_FAILED', `bootstrap failed: ${problem}`);
  }
}

/** An invariant of a barrier broke (T-G). Faults the changefeed, with a dump of the barrier; the process goes on. */
export class BarrierFault extends MaintainerError {
  readonly dump: unknown;

  constructor(code: string, message: string, dump?: unknown) {
    super(code, message);
    this.dump = dump;
  }
}
