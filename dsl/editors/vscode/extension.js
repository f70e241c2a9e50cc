// Starts `millrace lsp` for rules files. Everything that is shown comes from there; nothing is decided here.
"use strict";

const { commands, workspace } = require("vscode");
const { LanguageClient, TransportKind } = require("vscode-languageclient/node");

let client;

function start() {
  const command = workspace.getConfiguration("millrace").get("path");
  client = new LanguageClient(
    "millrace",
    "Millrace rules",
    { command, args: ["lsp"], transport: TransportKind.stdio },
    {
      documentSelector: [{ language: "millrace" }],
      synchronize: { fileEvents: workspace.createFileSystemWatcher("**/*.{rules,csv}") },
    },
  );
  return client.start();
}

function stop() {
  return client ? client.stop() : undefined;
}

async function activate(context) {
  context.subscriptions.push(
    commands.registerCommand("millrace.restart", async () => {
      await stop();
      await start();
    }),
  );
  await start();
}

module.exports = { activate, deactivate: stop };
