/// The Prolog program that reads rule files, fed to `swipl` on its standard input, before the rules.
///
/// It answers on its standard output with records:
///
///     pair FIRST SECOND WEIGHT newline, both names, newline   FIRST and SECOND: their lengths in code points
///     error LINE COLUMN newline, message, newline             0 0 where the place is not known
///     done newline
///
/// The last record is `done` or `error`; an answer that ends otherwise is of a process that died.
enum PrologDriver {
  /// To be followed by the rules at once.
  static var text: String { "\(answering)\n\(reading)\nend_of_file.\n\(startOfRules)" }

  /// Prolog's reader may or may not have taken the line's end with it, so this says where the rules begin.
  private static let startOfRules = "\u{1}"

  /// The goal of the command line: loads the program, then runs it on the rest of the input.
  static func goal(inferences: Int, solutions: Int) -> String {
    "set_stream(user_input,encoding(utf8)),load_files(harrier,[stream(user_input)]),"
      + "harrier:answer(\(inferences),\(solutions))"
  }

  private static let answering = #"""
    :- module(harrier, []).
    :- use_module(library(sandbox), [safe_goal/1]).
    :- use_module(library(occurs), [sub_term/2]).

    % What the rules print or warn of goes nowhere.
    :- multifile user:message_hook/3.
    user:message_hook(_, _, _).

    :- dynamic located/2, double_quotes/1.
    double_quotes(string).

    answer(Inferences, Solutions) :-
        stream_property(Out, alias(user_output)),
        set_stream(Out, encoding(utf8)),
        set_stream(Out, buffer(full)),
        skip(user_input, 1),
        read_string(user_input, _, Text),
        open_null_stream(Null),
        set_output(Null),
        set_stream(Null, alias(user_error)),
        catch(table(Text, Out, Inferences, Solutions), Error, true),
        (   var(Error)
        ->  format(Out, "done~n", [])
        ;   explained(Error, At, Message),
            line_and_column(At, Text, Line, Column),
            format(Out, "error ~d ~d~n~w~n", [Line, Column, Message])
        ),
        flush_output(Out),
        halt(0).

    table(Text, Out, Inferences, Solutions) :-
        setup_call_cleanup(open_string(Text, In), load(In), close(In)),
        (   predicate_property(rules:confidence_modifier(_, _, _), dynamic)
        ->  true
        ;   refused(unknown, "there is no confidence_modifier/3", [])
        ),
        safe_goal(rules:confidence_modifier(_, _, _)),
        Count = count(0),
        call_with_inference_limit(
            forall(rules:confidence_modifier(A, B, Weight),
                   pair(A, B, Weight, Out, Count, Solutions)),
            Inferences, Result),
        (   Result == inference_limit_exceeded
        ->  refused(unknown, "the rules need more than ~d steps", [Inferences])
        ;   true
        ).

    pair(A, B, Weight, Out, Count, Solutions) :-
        arg(1, Count, N0),
        N is N0 + 1,
        nb_setarg(1, Count, N),
        (   N =< Solutions
        ->  true
        ;   refused(unknown, "there are more than ~d solutions", [Solutions])
        ),
        (   problem(A, B, Weight, Problem)
        ->  one_line(confidence_modifier(A, B, Weight), Shown),
            refused(unknown, "~w: ~w", [Shown, Problem])
        ;   Float is abs(float(Weight)),
            atom_length(A, LengthA),
            atom_length(B, LengthB),
            format(Out, "pair ~d ~d ~w~n~w~w~n", [LengthA, LengthB, Float, A, B])
        ).

    problem(A, _, _, 'the first class is not an atom or a string') :- \+ class(A), !.
    problem(_, B, _, 'the second class is not an atom or a string') :- \+ class(B), !.
    problem(_, _, W, 'the weight is not a number') :- \+ number(W), !.
    problem(_, _, W, 'the weight is negative') :- W < 0, !.
    problem(_, _, W, 'the weight is not finite') :-
        \+ ( catch(F is float(W), _, fail),
             float_class(F, Class),
             memberchk(Class, [zero, subnormal, normal]) ).

    class(Name) :- ( atom(Name) -> Name \== [] ; string(Name) ).

    % refused(+At, +Format, +Arguments): At is a place in the text, in code points from 0, or unknown.
    refused(At, Format, Arguments) :-
        format(atom(Message), Format, Arguments),
        throw(refused(At, Message)).

    line_and_column(unknown, _, 0, 0) :- !.
    line_and_column(At, Text, Line, Column) :-
        string_length(Text, All),
        Length0 is min(At, All),
        sub_string(Text, 0, Length0, _, Before),
        split_string(Before, "\n", "", Lines),
        length(Lines, Line),
        last(Lines, Last),
        string_length(Last, Length),
        Column is Length + 1.

    explained(refused(At, Message), At, Message) :- !.
    explained(error(syntax_error(What), Place), At, Message) :- !,
        (   nonvar(Place), Place = stream(_, Line, _, Count), Line > 0
        ->  (   What = end_of_file_in_quoted(_)
            ->  At = Count                  % where the clause begins
            ;   At is Count + 1             % SWI-Prolog counts to before what it did not expect
            )
        ;   At = unknown
        ),
        text(error(syntax_error(What), _), Message).
    explained(error(resource_error(_), _), unknown, 'the rules need too much memory') :- !.
    explained(error(permission_error(call, sandboxed, Goal), Context), At, Message) :- !,
        culprit(Goal, Context, Indicator, At),
        format(atom(Message), "~q is not allowed in rules", [Indicator]).
    explained(error(existence_error(procedure, Goal), Context), At, Message) :- !,
        culprit(Goal, Context, Indicator, At),
        format(atom(Message), "there is no predicate ~q", [Indicator]).
    explained(error(instantiation_error, sandbox(_, _)), unknown, Message) :- !,
        Message = 'a goal is called that only running it would tell, like call(Goal)'.
    explained(Error, unknown, Message) :- text(Error, Message).

    % The sandbox may have found it in a library: what the rules themselves call is shown.
    culprit(Goal, Context, Indicator, At) :-
        ( nonvar(Context), Context = sandbox(_, Parents) -> true ; Parents = [] ),
        (   member(How, [as_called, by_name]),
            member(Called, [Goal|Parents]),
            indicator(Called, Indicator),
            place(How, Indicator, At)
        ->  true
        ;   indicator(Goal, Indicator), At = unknown
        ).

    indicator(rules:Goal, Indicator) :- !, indicator(Goal, Indicator).
    indicator(Module:Goal, Module:Indicator) :- !, indicator(Goal, Indicator).
    indicator(Name/Arity, Name/Arity) :- !.
    indicator(Goal, Name/Arity) :- functor(Goal, Name, Arity).

    % Where a predicate is called first, or named for a call of another kind, such as maplist's.
    place(How, _:Indicator, At) :- !, place(How, Indicator, At).
    place(as_called, Name/Arity, At) :- mentioned(Name, Arity, At), !.
    place(by_name, Name/_, At) :- mentioned(Name, _, At), !.

    mentioned(Name, Arity, At) :-
        located(Body, At),
        sub_term(Part, Body), callable(Part), functor(Part, Name, Arity).

    text(Error, Text) :-
        catch(( phrase('$messages':translate_message(Error), Lines),
                with_output_to(string(Raw), print_message_lines(current_output, '', Lines)) ),
              _, fail), !,
        normalize_space(atom(Text), Raw).
    text(Error, Text) :- one_line(Error, Text).

    one_line(Term, Text) :-
        copy_term(Term, Copy),
        term_variables(Copy, Variables),
        maplist(=('$VAR'('_')), Variables),
        Options = [ quoted(true), numbervars(true), max_depth(12), portray(false),
                    spacing(next_argument) ],
        format(atom(Shown), "~W", [Copy, Options]),
        (   atom_length(Shown, Length), Length > 160
        ->  sub_atom(Shown, 0, 160, _, Start),
            atom_concat(Start, '...', Text)
        ;   Text = Shown
        ).
    """#
}
