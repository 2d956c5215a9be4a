// A client made of npm's smpp: binds to PORT, submits to each number, and waits for as many receipts.
// Usage: node esme.js PORT NUMBER...   Prints one JSON object for each answer and for each receipt, then leaves.
const smpp = require('smpp');
const [port, ...numbers] = process.argv.slice(2);
const session = smpp.connect({ url: `smpp://127.0.0.1:${port}` });
let waiting = numbers.length;

session.on('error', (error) => { console.error(error); process.exit(1); });
session.on('deliver_sm', (pdu) => {
  const text = pdu.short_message.message;
  console.log(JSON.stringify({ receipt: pdu.receipted_message_id, state: pdu.message_state, text, from: pdu.source_addr }));
  session.send(pdu.response());
  waiting -= 1;
  if (!waiting) session.unbind(() => { session.close(); process.exit(0); });
});
session.on('connect', () => {
  session.bind_transceiver({ system_id: 'node', password: 'secret' }, (bound) => {
    if (bound.command_status) process.exit(2);
    for (const number of numbers) {
      session.submit_sm(
        { source_addr: 'Acme', source_addr_ton: 5, destination_addr: number, short_message: 'Héllo €', registered_delivery: 1 },
        (answer) => console.log(JSON.stringify({ to: number, status: answer.command_status, id: answer.message_id })),
      );
    }
  });
});
