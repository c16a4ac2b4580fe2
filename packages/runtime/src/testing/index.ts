export * from './manualContext.js';
export * from './transportContract.js';
