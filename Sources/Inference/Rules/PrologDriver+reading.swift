extension PrologDriver {
  /// How the rules' text becomes clauses of the module `rules`, or an error with its place.
  static let reading = #"""
    % Clauses are stored, never expanded; directives are never executed.

    load(In) :-
        (   peek_string(In, 2, "#!") -> skip(In, 0'\n) ; true ),
        repeat,
        double_quotes(Quotes),
        read_term(In, Term,
                  [ module(rules), syntax_errors(error), double_quotes(Quotes),
                    term_position(Position), quasi_quotations(Quasi) ]),
        stream_position_data(char_count, Position, At),
        (   Quasi == [] -> true ; refused(At, "quasi quotations are not supported", []) ),
        (   Term == end_of_file
        ->  !
        ;   catch(taken(Term, At), Error, blamed(Error, At)),
            fail
        ).

    % The context of an error would name the predicate of this program that it comes from.
    blamed(error(Formal, _), At) :- !,
        explained(error(Formal, _), _, Message),
        throw(refused(At, Message)).
    blamed(Error, _) :- throw(Error).

    taken(Term, At) :- var(Term), !, refused(At, "a variable is no clause", []).
    taken((:- Directive), At) :- !,
        (   nonvar(Directive), harmless(Directive)
        ->  true
        ;   one_line(Directive, Shown),
            refused(At, "the directive ~w is not allowed", [Shown])
        ).
    taken((?- _), At) :- !, refused(At, "a query is not allowed", []).
    taken((_ --> _), At) :- !,
        refused(At, "grammar rules (-->) are not supported", []).
    taken(Clause, At) :-
        (   Clause = (Head :- Body) -> true ; Head = Clause, Body = true ),
        (   callable(Head)
        ->  true
        ;   one_line(Head, Shown),
            refused(At, "~w cannot be defined in rules", [Shown])
        ),
        (   Head = _:_
        ->  refused(At, "clauses of other modules are not allowed", [])
        ;   true
        ),
        (   reserved(Head)
        ->  functor(Head, Name, Arity),
            refused(At, "~q cannot be defined in rules", [Name/Arity])
        ;   true
        ),
        (   sub_term(Part, Body), callable(Part), functor(Part, Banned, _), banned(Banned)
        ->  refused(At, "~q is not allowed in rules", [Banned])
        ;   true
        ),
        assertz(rules:Clause),
        ( Body == true -> true ; assertz(located(Body, At)) ).

    % Built-ins, but not what libraries define; and the hooks of Prolog's own reading.
    reserved(_:_).
    reserved(Head) :-
        predicate_property(system:Head, defined),
        \+ predicate_property(system:Head, autoload(_)).
    reserved(Head) :- functor(Head, Name, _), memberchk(Name, [term_expansion, goal_expansion]).

    % The sandbox lets them pass: they load files, run goals hidden in messages, wait, end the
    % process, or would give another table each time.
    banned(Name) :-
        memberchk(Name,
                  [ use_module, load_files, ensure_loaded, print_message, print_message_lines,
                    message_to_codes, message_to_string, set_prolog_flag, set_prolog_stack,
                    sleep, abort, get_time, statistics, thread_statistics, cputime, realtime,
                    random, random_float ]).

    % Declarations that existing files are full of. Only operators, double_quotes and dynamic mean
    % anything here, and they are confined to the rules.
    harmless((A, B)) :- !, nonvar(A), nonvar(B), harmless(A), harmless(B).
    harmless(module(_, Exports)) :- is_list(Exports),
        forall(( member(Export, Exports), nonvar(Export), Export = op(_, _, _) ), harmless(Export)).
    harmless(use_module(Library)) :- harmless_library(Library).
    harmless(use_module(Library, _)) :- harmless_library(Library).
    harmless(autoload(Library)) :- harmless_library(Library).
    harmless(autoload(Library, _)) :- harmless_library(Library).
    harmless(ensure_loaded(Library)) :- harmless_library(Library).
    harmless(discontiguous(_)).
    harmless(multifile(_)).
    harmless(style_check(_)).
    harmless(encoding(Encoding)) :- memberchk(Encoding, [utf8, ascii, us_ascii]).
    harmless(set_prolog_flag(Flag, Value)) :-
        Flag == double_quotes, atom(Value), memberchk(Value, [atom, string, codes, chars]),
        retractall(double_quotes(_)),
        assertz(double_quotes(Value)).
    harmless(op(Priority, Type, Names)) :-
        ( is_list(Names) -> List = Names ; List = [Names] ),
        forall(member(Name, List), ( atom(Name), op(Priority, Type, rules:Name) )).
    harmless(dynamic(Predicates)) :- declared(Predicates).

    harmless_library(Library) :- ground(Library), Library = library(Name),
        memberchk(Name,
                  [ aggregate, apply, apply_macros, assoc, dicts, dif, error, lists, occurs, option,
                    ordsets, pairs, rbtrees, solution_sequences, strings, terms, ugraphs, yall ]).

    % What has no clauses then is empty, not unknown.
    declared(Predicates) :- var(Predicates), !, fail.
    declared([]) :- !.
    declared([A|B]) :- !, declared(A), declared(B).
    declared((A, B)) :- !, declared(A), declared(B).
    declared(Name/Arity) :- atom(Name), integer(Arity), between(0, 100, Arity),
        functor(Head, Name, Arity),
        \+ reserved(Head),
        dynamic(rules:Name/Arity).
    """#
}
