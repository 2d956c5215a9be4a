// An SMSC made of npm's smpp: takes every bind and submit, answers with an id, and sends a receipt for each message.
// Usage: node smsc.js ID_FORM   where ID_FORM is "same" or "hex" (hex in the answer, decimal in the receipt).
// Prints "listening PORT", then one JSON object for each submit_sm: what it read.
const smpp = require('smpp');
let next = 1780797;

const server = smpp.createServer((session) => {
  session.on('error', () => {});
  for (const kind of ['bind_transceiver', 'bind_transmitter', 'bind_receiver']) {
    session.on(kind, (pdu) => session.send(pdu.response({ system_id: 'node' })));
  }
  session.on('enquire_link', (pdu) => session.send(pdu.response()));
  session.on('unbind', (pdu) => { session.send(pdu.response()); session.close(); });
  session.on('submit_sm', (pdu) => {
    const number = next++;
    const id = process.argv[2] === 'hex' ? number.toString(16).toUpperCase() : String(number);
    console.log(JSON.stringify({
      id,
      source: pdu.source_addr,
      destination: pdu.destination_addr,
      text: pdu.short_message.message || (pdu.message_payload && pdu.message_payload.message) || '',
      udh: pdu.short_message.udh ? Buffer.concat([].concat(pdu.short_message.udh)).toString('hex') : '',
      sar: [pdu.sar_total_segments, pdu.sar_segment_seqnum],
      esm_class: pdu.esm_class,
      data_coding: pdu.data_coding,
      registered_delivery: pdu.registered_delivery,
      validity_period: pdu.validity_period,
    }));
    session.send(pdu.response({ message_id: id }));
    session.deliver_sm({
      source_addr: pdu.destination_addr,
      destination_addr: pdu.source_addr,
      esm_class: 4,
      short_message: `id:${number} sub:001 dlvrd:001 submit date:2601021504 done date:2601021505 stat:DELIVRD err:000 text:`,
    });
  });
});
server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`));
