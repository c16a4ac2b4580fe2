#!/usr/bin/env node
// A file of the repository, not of the build: npm links a command only if its file is there when it installs.
import '../dist/main.js';
