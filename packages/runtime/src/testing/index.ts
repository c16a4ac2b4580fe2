export * from './manualContext.js';
