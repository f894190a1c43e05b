// Loaded ahead of a child's own code: the child ends when the launcher is gone, however that ended. The channel
// itself must not keep a child alive that has nothing left to do.
process.on("disconnect", () => process.exit(1));
process.channel?.unref();
