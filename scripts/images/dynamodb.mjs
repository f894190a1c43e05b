// The process inside the stand-in for DynamoDB Local: dynalite, an emulator in plain JavaScript, in memory.
// It takes DynamoDB Local's arguments without acting on them, so that both run from one compose file.
import dynalite from "dynalite";

const port = 8000;
const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
server.listen(port, "0.0.0.0", () => {
  console.log(`dynalite, standing in for DynamoDB Local, listens on ${port}; nothing outlives this process`);
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));
