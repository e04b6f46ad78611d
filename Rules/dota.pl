% The rule set "dota": what the classes of DOTA aerial pictures say about each other.
%
% Harrier asks for all solutions of
%
%     confidence_modifier(First, Second, Weight)
%
% A weight multiplies the confidences of two detections of these classes that lie near each other: above 1
% they support each other, below 1 they doubt each other. Pairs that are not mentioned change nothing. One
% direction is enough: where (A, B) has no weight, that of (B, A) counts.
%
% Names must be spelled as the model spells them. One that begins with a capital stands in quotes,
% because to Prolog it would otherwise be a variable.

% --- Groups of classes ---

sports_facility(tennis_court).
sports_facility(basketball_court).
sports_facility(soccer_ball_field).
sports_facility(baseball_diamond).
sports_facility(swimming_pool).
sports_facility('Ground_Track_Field').

infrastructure(harbor).
infrastructure('Bridge').
infrastructure(roundabout).
infrastructure(storage_tank).

vehicle(small_vehicle).
vehicle(large_vehicle).
vehicle(plane).
vehicle(ship).
vehicle(helicopter).

% --- What is often seen together ---

confidence_modifier(ship, harbor, 1.25).
confidence_modifier(helicopter, ship, 1.20).                    % on its deck
confidence_modifier(large_vehicle, small_vehicle, 1.15).        % in traffic, on parking lots
confidence_modifier(small_vehicle, roundabout, 1.10).

% Sports facilities come in groups: any two different ones.
confidence_modifier(A, B, 1.10) :-
    sports_facility(A),
    sports_facility(B),
    A \= B.

% --- What is rarely seen together ---

confidence_modifier(ship, 'Bridge', 0.1).
confidence_modifier(ship, roundabout, 0.1).
confidence_modifier(plane, harbor, 0.2).
confidence_modifier(plane, 'Bridge', 0.2).
confidence_modifier(large_vehicle, roundabout, 0.75).

% A harbor, a bridge, a roundabout or a tank next to a playing field.
confidence_modifier(A, B, 0.7) :-
    infrastructure(A),
    sports_facility(B).

% A vehicle on a playing field. Helicopters do land there.
confidence_modifier(A, B, 0.5) :-
    vehicle(A),
    A \= helicopter,
    sports_facility(B).
