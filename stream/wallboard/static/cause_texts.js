// What came between, in words: by type of event, one and several.

export const cause = {
  late: (n, what) => `${n} ${what} arrived late`,
  event: (type) => type || "unnamed event",
  events: (type) => `× ${type || "unnamed event"}`,
  names: {
    "chat.started": ["start", "starts"],
    "ticket.created": ["ticket", "tickets"],
    "chat.queued": ["queueing", "queueings"],
    "chat.offered": ["offer", "offers"], "chat.offer_missed": ["missed offer", "missed offers"],
    "chat.accepted": ["accept", "accepts"],
    "chat.message": ["message", "messages"],
    "ticket.commented": ["comment", "comments"],
    "chat.transferred": ["transfer", "transfers"],
    "ticket.assigned": ["assignment", "assignments"], "chat.abandoned": ["abandonment", "abandonments"],
    "chat.callback_requested": ["request for a callback", "requests for a callback"],
    "ticket.status_changed": ["change of status", "changes of status"],
    "chat.closed": ["close", "closes"],
    "chat.reopened": ["reopening", "reopenings"],
    "survey.offered": ["offer of a survey", "offers of a survey"],
    "survey.sent": ["survey", "surveys"], "survey.responded": ["rating", "ratings"],
    "ticket.merged": ["merge", "merges"],
  },
  done: {
    "survey.retracted": [() => "1 rating was taken back", (n) => `${n} ratings were taken back`],
    "conversation.forgotten": [() => "1 conversation was forgotten", (n) => `${n} conversations were forgotten`],
    "ticket.deleted": [() => "1 ticket was deleted", (n) => `${n} tickets were deleted`],
  },
};
