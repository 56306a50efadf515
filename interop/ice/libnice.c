/*
 * libnice's agent as a program that speaks in the lines of harness/ice-program.ts. Options:
 *   controlling | controlled    its role
 *   aggressive | regular        its nomination
 *   address=A                   an address to use; may be repeated
 *   stun=ADDRESS,PORT
 *   turn=ADDRESS,PORT,USER,PASSWORD,udp|tcp
 *   relay                       candidates of the relay alone
 *   lite                        answers checks and makes none
 */
#include <agent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static GMainLoop *loop;
static NiceAgent *agent;
static guint stream;
static guint received;
/* The peer's name, and whether a restart of ours waits for its next one. */
static gchar *peer;
static gboolean restarting;

static void say_parameters(void)
{
  gchar *ufrag = NULL, *pwd = NULL;
  if (nice_agent_get_local_credentials(agent, stream, &ufrag, &pwd))
    printf("parameters %s %s\n", ufrag, pwd);
  g_free(ufrag);
  g_free(pwd);
}

static void say_candidates(void)
{
  GSList *all = nice_agent_get_local_candidates(agent, stream, 1);
  for (GSList *at = all; at != NULL; at = at->next) {
    gchar *line = nice_agent_generate_local_candidate_sdp(agent, at->data);
    printf("candidate %s\n", g_str_has_prefix(line, "a=") ? line + 2 : line);
    g_free(line);
  }
  g_slist_free_full(all, (GDestroyNotify) nice_candidate_free);
}

static void restart(void)
{
  /* It keeps its candidates. */
  nice_agent_restart(agent);
  say_parameters();
  say_candidates();
  printf("gathered\n");
}

/* The peer's parameters: others than before are its restart, unless they answer ours. */
static void take_parameters(const gchar *ufrag, const gchar *pwd)
{
  gboolean other = peer != NULL && strcmp(peer, ufrag) != 0;
  if (other && !restarting) restart();
  restarting = FALSE;
  g_free(peer);
  peer = g_strdup(ufrag);
  if (!nice_agent_set_remote_credentials(agent, stream, ufrag, pwd)) printf("note refused %s\n", ufrag);
}

static void on_candidate(NiceAgent *from, NiceCandidate *candidate, gpointer data)
{
  gchar *line = nice_agent_generate_local_candidate_sdp(from, candidate);
  /* Peer-reflexive ones are found later, and told to nobody. */
  if (candidate->type != NICE_CANDIDATE_TYPE_PEER_REFLEXIVE)
    printf("candidate %s\n", g_str_has_prefix(line, "a=") ? line + 2 : line);
  g_free(line);
}

static void on_gathered(NiceAgent *from, guint of, gpointer data)
{
  printf("gathered\n");
}

static void on_state(NiceAgent *from, guint of, guint component, guint state, gpointer data)
{
  printf("state %s\n", nice_component_state_to_string(state));
}

static void say_end(const NiceCandidate *candidate)
{
  static const char *const types[] = {"host", "srflx", "prflx", "relay"};
  gchar address[NICE_ADDRESS_STRING_LEN];
  nice_address_to_string(&candidate->addr, address);
  printf(" %s %s %u", types[candidate->type], address, nice_address_get_port(&candidate->addr));
}

static void on_selected(NiceAgent *from, guint of, guint component, NiceCandidate *local,
                        NiceCandidate *remote, gpointer data)
{
  printf("selected");
  say_end(local);
  say_end(remote);
  printf("\n");
}

static void on_data(NiceAgent *from, guint of, guint component, guint length, gchar *bytes, gpointer data)
{
  received++;
  printf("data %u %u %d\n", received, length, length > 0 ? (unsigned char) bytes[0] : -1);
}

static void take_candidate(const gchar *value)
{
  gchar *line = g_strconcat("a=", value, NULL);
  NiceCandidate *candidate = nice_agent_parse_remote_candidate_sdp(agent, stream, line);
  if (candidate == NULL) {
    printf("note unreadable %s\n", value);
  } else {
    GSList *one = g_slist_append(NULL, candidate);
    if (nice_agent_set_remote_candidates(agent, stream, 1, one) < 1) printf("note refused %s\n", value);
    g_slist_free_full(one, (GDestroyNotify) nice_candidate_free);
  }
  g_free(line);
}

static void send_data(int count)
{
  gchar bytes[160];
  int sent = 0;
  memset(bytes, 0x55, sizeof bytes);
  for (int i = 0; i < count; i++)
    if (nice_agent_send(agent, stream, 1, sizeof bytes, bytes) == (gint) sizeof bytes) sent++;
  printf("sent %d\n", sent);
}

static gboolean on_command(GIOChannel *from, GIOCondition condition, gpointer data)
{
  gchar *line = NULL;
  if (g_io_channel_read_line(from, &line, NULL, NULL, NULL) != G_IO_STATUS_NORMAL) {
    g_main_loop_quit(loop);
    return FALSE;
  }
  gchar **words = g_strsplit(g_strstrip(line), " ", 2);
  const gchar *rest = words[0] != NULL && words[1] != NULL ? words[1] : "";
  if (words[0] == NULL) {
  } else if (strcmp(words[0], "remote") == 0) {
    gchar **parts = g_strsplit(rest, " ", 0);
    if (parts[0] != NULL && parts[1] != NULL) take_parameters(parts[0], parts[1]);
    g_strfreev(parts);
  } else if (strcmp(words[0], "candidate") == 0) {
    take_candidate(rest);
  } else if (strcmp(words[0], "end") == 0) {
    nice_agent_peer_candidate_gathering_done(agent, stream);
  } else if (strcmp(words[0], "send") == 0) {
    send_data(atoi(rest));
  } else if (strcmp(words[0], "restart") == 0) {
    restarting = TRUE;
    restart();
  } else if (strcmp(words[0], "revoke") == 0) {
    printf("revoked %d\n", nice_agent_consent_lost(agent, stream, 1));
  } else if (strcmp(words[0], "close") == 0) {
    g_main_loop_quit(loop);
  }
  g_strfreev(words);
  g_free(line);
  return TRUE;
}

static void set_relay(const gchar *value)
{
  gchar **parts = g_strsplit(value, ",", 5);
  NiceRelayType type = strcmp(parts[4], "tcp") == 0 ? NICE_RELAY_TYPE_TURN_TCP : NICE_RELAY_TYPE_TURN_UDP;
  if (!nice_agent_set_relay_info(agent, stream, 1, parts[0], atoi(parts[1]), parts[2], parts[3], type))
    printf("note refused turn=%s\n", value);
  g_strfreev(parts);
}

int main(int count, char **words)
{
  NiceAgentOption options = NICE_AGENT_OPTION_ICE_TRICKLE | NICE_AGENT_OPTION_CONSENT_FRESHNESS;
  gboolean controlling = FALSE, relay = FALSE;
  setvbuf(stdout, NULL, _IOLBF, 0);
  for (int i = 1; i < count; i++) {
    if (strcmp(words[i], "controlling") == 0) controlling = TRUE;
    else if (strcmp(words[i], "regular") == 0) options |= NICE_AGENT_OPTION_REGULAR_NOMINATION;
    else if (strcmp(words[i], "lite") == 0) options |= NICE_AGENT_OPTION_LITE_MODE;
    else if (strcmp(words[i], "relay") == 0) relay = TRUE;
  }
  loop = g_main_loop_new(NULL, FALSE);
  agent = nice_agent_new_full(NULL, NICE_COMPATIBILITY_RFC5245, options);
  g_object_set(agent, "controlling-mode", controlling, "upnp", FALSE, "ice-tcp", FALSE, "force-relay", relay, NULL);
  g_signal_connect(agent, "new-candidate-full", G_CALLBACK(on_candidate), NULL);
  g_signal_connect(agent, "candidate-gathering-done", G_CALLBACK(on_gathered), NULL);
  g_signal_connect(agent, "component-state-changed", G_CALLBACK(on_state), NULL);
  g_signal_connect(agent, "new-selected-pair-full", G_CALLBACK(on_selected), NULL);
  for (int i = 1; i < count; i++) {
    const gchar *equals = strchr(words[i], '=');
    if (g_str_has_prefix(words[i], "address=")) {
      NiceAddress address;
      nice_address_init(&address);
      nice_address_set_from_string(&address, equals + 1);
      nice_agent_add_local_address(agent, &address);
    } else if (g_str_has_prefix(words[i], "stun=")) {
      gchar **parts = g_strsplit(equals + 1, ",", 2);
      g_object_set(agent, "stun-server", parts[0], "stun-server-port", (guint) atoi(parts[1]), NULL);
      g_strfreev(parts);
    }
  }
  stream = nice_agent_add_stream(agent, 1);
  for (int i = 1; i < count; i++)
    if (g_str_has_prefix(words[i], "turn=")) set_relay(words[i] + strlen("turn="));
  nice_agent_attach_recv(agent, stream, 1, NULL, on_data, NULL);
  say_parameters();
  if (!nice_agent_gather_candidates(agent, stream)) {
    printf("note no candidates can be gathered\n");
    return 1;
  }
  GIOChannel *input = g_io_channel_unix_new(0);
  g_io_add_watch(input, G_IO_IN | G_IO_HUP, on_command, NULL);
  g_main_loop_run(loop);
  return 0;
}
