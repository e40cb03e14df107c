#!/usr/bin/env node
import process from "node:process";
import { runProcess } from "./process/run-process.js";
import { run } from "./run.js";

void runProcess(process, (io) => run(process.argv.slice(2), io));
