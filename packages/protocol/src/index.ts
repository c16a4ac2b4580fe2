export * from './blockEvent.js';
export * from './constants.js';
export * from './ids.js';
export * from './messages.js';
export * from './stage.js';
export * from './statusLayout.js';
export * from './statusRecord.js';
export * from './timestamps.js';
