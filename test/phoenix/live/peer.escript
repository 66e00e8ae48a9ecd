#!/usr/bin/env escript
%% A node of an Erlang cluster with the real pg, and a tracker of one replica that
%% says what the test needs: `rollcall phoenix` must be a member of both worlds.
-mode(compile).

-define(TOPIC, <<"phx_presence:Elixir.TR_shard0">>).
-define(ADAPTER, 'Elixir.PS.Adapter').
-define(ME, {'app@127.0.0.1', 1000}).

main([Program, Cookie]) ->
    {ok, _} = net_kernel:start(['app@127.0.0.1', longnames]),
    erlang:set_cookie(node(), a_cookie),
    {ok, _} = pg:start('Elixir.Phoenix.PubSub'),
    register(?ADAPTER, self()),
    ok = pg:join('Elixir.Phoenix.PubSub', ?ADAPTER, self()),
    ok = pg:join('Elixir.Phoenix.PubSub', 'Elixir.PS.Adapter_2', self()),
    Port = open_port({spawn_executable, Program},
                     [{args, ["phoenix", "--name", "br", "--erlang-name", "bridge@127.0.0.1",
                              "--erlang-cookie-file", Cookie, "--erlang-node", "app@127.0.0.1",
                              "--pubsub", "PS", "--phoenix-tracker", "TR",
                              "--phoenix-broadcast-period", "200ms"]},
                      {line, 65536}, binary]),
    Ready = line(Port, <<"\"ready\"">>),
    has(Ready, <<"\"erlang\":\"bridge@127.0.0.1\"">>),
    line(Port, <<"\"erlang_up\",\"name\":\"app@127.0.0.1\"">>),
    say("is up"),

    %% A heartbeat reaches us, and the scope of pg knows of it, in both groups.
    {pub, heartbeat, Bridge, empty, {Bridge, Clocks}} = heard(),
    #{Bridge := 0} = Clocks,
    [_] = until(fun() -> members(?ADAPTER) end, fun(X) -> length(X) =:= 1 end),
    [Pid] = until(fun() -> members('Elixir.PS.Adapter_2') end, fun(X) -> length(X) =:= 1 end),
    say("is a member of the groups of the adapter"),

    %% Ours come in: the state that it asks for, then a delta, an update, a leave.
    tell(Pid, {pub, heartbeat, ?ME, empty, {?ME, #{?ME => 1}}}),
    {pub, transfer_req, Ref, Bridge, {_, #{?ME := _}}} = heard(transfer_req),
    tell(Pid, {pub, transfer_ack, Ref, ?ME,
               {state(#{mode => normal, context => #{?ME => 1}}),
                #{{?ME, 1} => {self(), <<"room">>, <<"ada">>, #{status => <<"on">>, phx_ref => <<"r">>}}}}}),
    until(fun() -> ask(Port, list) end, fun(X) -> has_text(X, <<"\"key\":\"ada\"">>) end),
    has(ask(Port, list), <<"\"status\":\"on\"">>),
    has(ask(Port, list), <<"\"node\":\"app@127.0.0.1\"">>),
    tell(Pid, heartbeat(1, 3, [1, 2, 3], #{{?ME, 3} => {self(), <<"room">>, <<"ada">>, #{status => <<"off">>}}})),
    until(fun() -> ask(Port, list) end, fun(X) -> has_text(X, <<"\"status\":\"off\"">>) end),
    has(ask(Port, list), <<"\"prev_ref\"">>),
    tell(Pid, heartbeat(3, 4, [3, 4], #{})),
    until(fun() -> ask(Port, list) end, fun(X) -> has_text(X, <<"\"presences\":[]">>) end),
    say("shows what we track"),

    %% Theirs come out, in deltas without a gap.
    ask(Port, <<"{\"op\":\"track\",\"as\":\"x\",\"topic\":\"room\",\"key\":\"cpp\",\"meta\":{\"n\":1}}">>),
    {1, #{{Bridge, 1} := {P, <<"room">>, <<"cpp">>, #{<<"n">> := 1, phx_ref := First}}}} = delta(Bridge, 0),
    'bridge@127.0.0.1' = node(P),
    ask(Port, <<"{\"op\":\"update\",\"as\":\"x\",\"topic\":\"room\",\"key\":\"cpp\",\"meta\":{\"n\":2}}">>),
    {3, #{{Bridge, 3} := {P, <<"room">>, <<"cpp">>, #{<<"n">> := 2, phx_ref_prev := First}}}} = delta(Bridge, 1),
    {?ADAPTER, 'bridge@127.0.0.1'} ! forward({pub, transfer_req, make_ref(), ?ME, {?ME, #{Bridge => 0}}}),
    {pub, transfer_ack, _, Bridge, {#{mode := normal, context := #{Bridge := 3}}, All}} = heard(transfer_ack),
    1 = map_size(All),
    ask(Port, <<"{\"op\":\"kill\",\"as\":\"x\"}">>),
    {4, Rest} = delta(Bridge, 3),
    0 = map_size(Rest),
    say("tells what it tracks"),

    %% What is no message, and what is no term, harms nothing.
    Pid ! forward({pub, heartbeat, ?ME, #{}, none}),
    Pid ! forward(lists:duplicate(1000, make_ref())),
    Pid ! fun() -> Port end,
    Pid ! lists:foldl(fun(_, X) -> {X} end, x, lists:seq(1, 1000)),
    has(ask(Port, list), <<"\"ok\":true">>),
    say("is not harmed by nonsense"),

    Stats = until(fun() -> ask(Port, <<"{\"op\":\"stats\"}">>) end,
                  fun(X) -> not has_text(X, <<"\"unreadable\":0,">>) end),
    has(Stats, <<"\"phoenix\":{\"active\":1,\"nodes\":1,">>),
    has(Stats, <<"\"takeovers\":1,">>),
    say("counts"),

    ask(Port, <<"{\"op\":\"quit\"}">>),
    {pub, graceful_permdown, Bridge} = heard(graceful_permdown),
    say("says goodbye"),
    io:format("passed~n").

state(More) ->
    maps:merge(#{'__struct__' => 'Elixir.Phoenix.Tracker.State', replica => ?ME, context => #{},
                 clouds => #{}, values => nil, pids => nil, mode => delta, delta => unset,
                 replicas => #{}, range => {#{}, #{}}}, More).

heartbeat(From, To, Cloud, Values) ->
    Set = #{'__struct__' => 'Elixir.MapSet', version => 2,
            map => maps:from_list([{{?ME, C}, []} || C <- Cloud])},
    {pub, heartbeat, ?ME,
     state(#{range => {#{?ME => From}, #{?ME => To}}, clouds => #{?ME => Set}, values => Values}),
     {?ME, #{?ME => To}}}.

forward(Message) -> {forward_to_local, ?TOPIC, Message, 'Elixir.Phoenix.PubSub'}.
tell(Pid, Message) -> Pid ! forward(Message).
say(What) -> io:format("the bridge ~s~n", [What]).
members(Group) -> [P || P <- pg:get_members('Elixir.Phoenix.PubSub', Group), node(P) =/= node()].

heard() ->
    receive {forward_to_local, ?TOPIC, Message, 'Elixir.Phoenix.PubSub'} -> Message
    after 10000 -> error(nothing_heard)
    end.

heard(What) ->
    Message = heard(),
    case element(2, Message) of
        What -> Message;
        _ -> heard(What)
    end.

%% The next heartbeat with a delta: it begins where the last one ended.
delta(Bridge, From) ->
    case heard(heartbeat) of
        {pub, heartbeat, Bridge, empty, _} -> delta(Bridge, From);
        {pub, heartbeat, Bridge, Delta, {Bridge, #{Bridge := To}}} ->
            #{mode := delta, range := {#{Bridge := From}, #{Bridge := To}}, values := Values,
              clouds := #{Bridge := #{map := Cloud}}} = Delta,
            true = lists:all(fun(C) -> maps:is_key({Bridge, C}, Cloud) end, lists:seq(From + 1, To)),
            {To, Values}
    end.

ask(Port, list) -> ask(Port, <<"{\"op\":\"list\",\"topic\":\"room\"}">>);
ask(Port, Line) ->
    port_command(Port, [Line, "\n"]),
    line(Port, <<"\"ok\"">>).

line(Port, Text) ->
    receive
        {Port, {data, {eol, Line}}} ->
            case has_text(Line, Text) of
                true -> Line;
                false -> line(Port, Text)
            end
    after 20000 -> error({no_line, Text})
    end.

has_text(Line, Text) -> binary:match(Line, Text) =/= nomatch.
has(Line, Text) -> has_text(Line, Text) orelse error({missing, Text, Line}).

until(Get, Good) -> until(Get, Good, 200).
until(Get, Good, N) ->
    X = Get(),
    case Good(X) of
        true -> X;
        false when N > 0 -> timer:sleep(50), until(Get, Good, N - 1);
        false -> error({not_so, X})
    end.
