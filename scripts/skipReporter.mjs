// A reporter for node:test that writes a line for each test or suite that was skipped, so that CI can refuse them. What
// cannot hold for the executable is in one list, in test/support/program.ts.
// biome-ignore lint/style/noDefaultExport: the runner takes a module's default export for the reporter
export default async function* skipReporter(events) {
  for await (const { type, data } of events) {
    if (type !== 'test:pass' || data.skip === undefined || /^not for the executable: /.test(data.skip)) continue
    yield `skipped: ${data.name} (${data.skip})\n`
  }
}
