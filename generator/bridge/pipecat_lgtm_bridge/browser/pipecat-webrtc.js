// The caller's side of a WebRTC call: every 5 s what RTCPeerConnection.getStats() says of the audio, as OTLP/HTTP JSON.
//
//   import { watch } from "./pipecat-webrtc.js";
//   const stop = watch(pc, { endpoint: "https://collector.example.com", serviceName: "my-bot", conversationId: id });
//
// The collector must know the page's origin (network.cors_origins). Nothing here throws into the page; what cannot be
// sent is counted and told with the next report. Names are those of contract/events.py; a test holds them together.

const SECONDS = 5;
const STALE_MS = 15_000; // a round trip that no STUN answer has renewed for longer is none
const LATE = 10; // packets by which the number of lost ones may fall: late ones that arrive, or some that come twice
const TOTALS = ["packetsLost", "packetsReceived", "packetsSent", "nackCount", "jitterBufferDelay", "jitterBufferEmittedCount"];

/**
 * Turns cumulative statistics into what happened since the look before, by direction as seen from the page.
 * What was not measured since then is absent: a report that stands still says nothing of the network now.
 */
export class Reader {
  #before = new Map();
  #stamps = new Map();
  #sentBy = new Map();
  #answers = new Map();
  #sent = 0;

  look(report) {
    const values = { inbound: {}, outbound: {} };
    const audio = [...report.values()].filter((one) => (one.kind ?? "audio") === "audio");
    const since = new Map(audio.map((one) => [one, this.#since(one)]));
    for (const [one, more] of since) if (one.type === "outbound-rtp") this.#sent += more.packetsSent ?? 0;
    for (const [one, more] of since) {
      if (one.type === "inbound-rtp") {
        loss(values.inbound, more.packetsLost, more.packetsLost + more.packetsReceived);
        if (more.packetsReceived !== 0) put(values.inbound, "jitter_seconds", one.jitter);
        put(values.inbound, "audio_level_ratio", one.audioLevel);
        put(values.inbound, "nacks", more.nackCount);
        if (more.jitterBufferEmittedCount > 0)
          put(values.inbound, "jitter_buffer_seconds", more.jitterBufferDelay / more.jitterBufferEmittedCount);
      } else if (one.type === "remote-inbound-rtp" && this.#isNew(one)) {
        // Of what was sent since the report before, which may be longer ago than the look before.
        loss(values.outbound, more.packetsLost, this.#sent - (this.#sentBy.get(one.id) ?? 0));
        this.#sentBy.set(one.id, this.#sent);
        put(values.outbound, "jitter_seconds", one.jitter);
        put(values.outbound, "rtt_seconds", one.roundTripTime);
      } else if (one.type === "outbound-rtp") {
        put(values.outbound, "nacks", more.nackCount);
      } else if (one.type === "media-source") {
        put(values.outbound, "audio_level_ratio", one.audioLevel);
      } else if (one.type === "candidate-pair" && one.nominated && one.state === "succeeded" && this.#answered(one)) {
        put(values.inbound, "rtt_seconds", one.currentRoundTripTime);
      }
    }
    return values;
  }

  /** Whether a report has come since the look before: browsers keep the last one when no more come. */
  #isNew(one) {
    if (one.timestamp !== undefined && this.#stamps.get(one.id) === one.timestamp) return false;
    this.#stamps.set(one.id, one.timestamp);
    return true;
  }

  #answered(one) {
    if (one.responsesReceived === undefined || one.timestamp === undefined) return true;
    const last = this.#answers.get(one.id);
    if (last?.count !== one.responsesReceived) this.#answers.set(one.id, { count: one.responsesReceived, at: one.timestamp });
    return last?.count !== one.responsesReceived || one.timestamp - last.at <= STALE_MS;
  }

  #since(one) {
    const before = this.#before.get(one.id) ?? {};
    const more = {};
    const now = {};
    for (const total of TOTALS) {
      if (typeof one[total] !== "number") continue;
      now[total] = one[total];
      const was = before[total] ?? 0;
      // Begun again at 0, as after a renegotiation?
      more[total] = one[total] < was / 2 && was - one[total] > LATE ? one[total] : Math.max(0, one[total] - was);
    }
    this.#before.set(one.id, now);
    return more;
  }
}

function put(values, name, value) {
  if (typeof value === "number" && Number.isFinite(value) && value >= 0) values[`pipecat.webrtc.${name}`] = value;
}

function loss(values, lost, all) {
  if (lost !== undefined && all > 0) put(values, "packet_loss_ratio", Math.min(1, lost / all));
}

/** Returns the log records' request for OTLP/HTTP JSON. */
export function request(events, { serviceName, environment, conversationId }) {
  const resource = { "service.name": serviceName, "deployment.environment.name": environment };
  const own = { "event.name": "pipecat.webrtc", "pipecat.webrtc.side": "client", "conversation.id": conversationId };
  const logRecords = events.map(({ at, values }) => ({
    timeUnixNano: `${Math.round(at)}000000`,
    severityNumber: 9,
    severityText: "INFO",
    eventName: "pipecat.webrtc",
    body: { stringValue: "pipecat.webrtc" },
    attributes: attributes({ ...own, ...values }),
  }));
  const scope = { name: "pipecat-webrtc.js" };
  return { resourceLogs: [{ resource: { attributes: attributes(resource) }, scopeLogs: [{ scope, logRecords }] }] };
}

function attributes(values) {
  return Object.entries(values)
    .filter(([, value]) => value !== undefined && value !== "")
    .map(([key, value]) => ({
      key,
      value: typeof value === "number" ? { doubleValue: value } : { stringValue: String(value) },
    }));
}

/**
 * Watches a connection until it is closed or the returned function is called.
 *
 * @param {RTCPeerConnection} pc
 * @param {object} to endpoint (base address), serviceName, environment, conversationId, headers, seconds
 */
export function watch(pc, { endpoint, headers = {}, seconds = SECONDS, ...who }) {
  const reader = new Reader();
  let dropped = 0;

  async function send(events) {
    if (!events.length) return;
    const body = JSON.stringify(request(events, who));
    try {
      const answer = await fetch(`${endpoint.replace(/\/$/, "")}/v1/logs`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body,
        keepalive: true,
      });
      if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
      if (dropped) console.info(`pipecat-webrtc: ${dropped} reports were dropped before this one`);
      dropped = 0;
    } catch (error) {
      if (!dropped) console.warn(`pipecat-webrtc: reports are dropped, ${endpoint} does not take them: ${error.message}`);
      dropped += events.length;
    }
  }

  async function look() {
    try {
      const at = Date.now();
      const values = Object.entries(reader.look(await pc.getStats()));
      const found = values.filter(([, one]) => Object.keys(one).length);
      await send(found.map(([direction, one]) => ({ at, values: { "pipecat.webrtc.direction": direction, ...one } })));
    } catch (error) {
      console.warn(`pipecat-webrtc: ${error.message}`);
    }
  }

  function changed() {
    send([{ at: Date.now(), values: { "pipecat.webrtc.state": pc.connectionState } }]);
    if (pc.connectionState === "closed" || pc.connectionState === "failed") stop();
  }

  function stop() {
    clearInterval(timer);
    pc.removeEventListener("connectionstatechange", changed);
  }

  const timer = setInterval(() => pc.connectionState === "connected" && look(), seconds * 1000);
  pc.addEventListener("connectionstatechange", changed);
  changed();
  return stop;
}
