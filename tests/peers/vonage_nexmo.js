// Existing code with the SDK for Node under its old name (npm nexmo 2.9.1), which puts everything into the query.
// Reads and prints what vonage_server_sdk.js does; it takes host and port for url, and speaks plain HTTP.
const { readFileSync } = require('fs');
const Nexmo = require('nexmo');

const { host, port, calls, ...credentials } = JSON.parse(readFileSync(0, 'utf8'));
const nexmo = new Nexmo(credentials, { restHost: host, apiHost: host, port, https: false });

function check({ came, secret, method, change }, callback) {
  const form = came.type.includes('form') ? came.body : came.query;
  const fields = came.type.includes('json') ? JSON.parse(came.body) : Object.fromEntries(new URLSearchParams(form));
  if (change) fields[change] = (fields[change] ?? '') + 'x';
  callback(null, Nexmo.generateSignature(method, secret, fields) === fields.sig.toLowerCase());
}

const DEEDS = {
  send: ({ from, to, text, ...options }, callback) => nexmo.message.sendSms(from, to, text, options, callback),
  binary: ({ from, to, body, udh }, callback) => nexmo.message.sendBinaryMessage(from, to, body, udh, {}, callback),
  balance: (_, callback) => nexmo.account.checkBalance(callback),
  settings: ({ url }, callback) => nexmo.account.updateDeliveryReceiptCallback(url, callback),
  'country prices': ({ country }, callback) => nexmo.pricing.get('sms', country, callback),
  message: ({ id }, callback) => nexmo.message.search(id, callback),
  messages: ({ ids }, callback) => nexmo.message.search(ids, callback),
  check,
};

(async () => {
  const answers = [];
  for (const [name, given] of calls) {
    answers.push(await new Promise((resolve) => DEEDS[name](given, (error, result) => resolve(
      error ? [null, [error.constructor.name, error.body ?? error.message ?? '', error.statusCode ?? null]] : [result, null],
    ))));
  }
  console.log(JSON.stringify(answers));
})();
