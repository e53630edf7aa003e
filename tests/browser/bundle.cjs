// SPDX-License-Identifier: LGPL-2.1-or-later
// A CommonJS package as one script for the page, `window[name]`: each file as it is, in a function.
'use strict';

const fs = require('node:fs');
const { builtinModules, createRequire } = require('node:module');

// Browsers have no modules of node: a package of the same name stands for it.
function resolve(from, name) {
  return createRequire(from).resolve(builtinModules.includes(name) ? `${name}/` : name);
}

function collect(file, files) {
  if (files.has(file)) return;
  const entry = { source: fs.readFileSync(file, 'utf8'), needs: {} };
  files.set(file, entry);
  for (const [, name] of entry.source.matchAll(/\brequire\(['"]([^'"]+)['"]\)/g)) {
    try {
      entry.needs[name] = resolve(file, name);
    } catch {
      continue;         // asked for only where there is one
    }
    collect(entry.needs[name], files);
  }
}

function bundle(file, name) {
  const files = new Map();
  collect(file, files);
  const numbers = new Map([...files.keys()].map((path, i) => [path, i]));
  const functions = [...files.values()].map(({ source, needs }) => {
    const map = Object.fromEntries(Object.entries(needs).map(([need, target]) => [need, numbers.get(target)]));
    return `[${JSON.stringify(map)}, function (require, module, exports) {\n${source}\n}]`;
  });
  return `window.process ??= { env: {} };\nwindow.global ??= window;\n(() => {
const files = [\n${functions.join(',\n')}\n];
const done = [];
const load = (i) => {
  if (!done[i]) {
    done[i] = { exports: {} };
    files[i][1].call(window, (name) => load(files[i][0][name]), done[i], done[i].exports);
  }
  return done[i].exports;
};
window[${JSON.stringify(name)}] = load(0);
})();\n`;
}

module.exports = { bundle };
