"""What the drafts say, in the languages they are written in.

No phrase claims that something was done or is known, and none promises anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from core.offline.question import Need


@dataclass(frozen=True)
class Phrases:
    """``hello`` takes the place of a name after a space, or nothing."""

    hello: str
    thanks_and_question: str
    thanks: str
    questions: Mapping[Need, str]


PHRASES: Mapping[str, Phrases] = {
    "en": Phrases(
        hello="Hi{name},",
        thanks_and_question="thanks for your message. One question, so that we can help:",
        thanks="thanks for your message. If there is anything to add, please reply here.",
        questions={
            "what": "What exactly is the request about?",
            "system": "Which system or program is it about?",
            "error": "What exactly happens, and is there an error message?",
            "since": "Since when has this been happening?",
            "device": "Which device is it about (model or inventory number)?",
            "affected": "Who is affected: one person, a team or everyone?",
            "where": "Where is it: at home, or in which office and room?",
            "opened": "Was a link or an attachment opened, or were any details entered?",
            "reference": "Which invoice, order or payment is it about (number or date)?",
            "dates": "Which dates is it about?",
            "deadline": "By when is it needed?",
        },
    ),
    "de": Phrases(
        hello="Hallo{name},",
        thanks_and_question="danke für die Nachricht. Eine Frage, damit wir helfen können:",
        thanks="danke für die Nachricht. Falls noch etwas fehlt, gern einfach hier antworten.",
        questions={
            "what": "Worum genau geht es?",
            "system": "Um welches System oder Programm geht es?",
            "error": "Was genau passiert, und gibt es eine Fehlermeldung?",
            "since": "Seit wann tritt das auf?",
            "device": "Um welches Gerät geht es (Modell oder Inventarnummer)?",
            "affected": "Wer ist betroffen: eine Person, ein Team oder alle?",
            "where": "Wo ist das: zu Hause, oder in welchem Büro und Raum?",
            "opened": "Wurde ein Link oder Anhang geöffnet, oder wurden Daten eingegeben?",
            "reference": "Um welche Rechnung, Bestellung oder Zahlung geht es (Nummer oder Datum)?",
            "dates": "Um welchen Zeitraum geht es?",
            "deadline": "Bis wann wird es gebraucht?",
        },
    ),
    "es": Phrases(
        hello="Hola{name}:",
        thanks_and_question="Gracias por el mensaje. Una pregunta para poder ayudar:",
        thanks="Gracias por el mensaje. Si hay algo que añadir, basta con responder aquí.",
        questions={
            "what": "¿De qué se trata exactamente?",
            "system": "¿De qué sistema o programa se trata?",
            "error": "¿Qué ocurre exactamente y aparece algún mensaje de error?",
            "since": "¿Desde cuándo ocurre?",
            "device": "¿De qué dispositivo se trata (modelo o número de inventario)?",
            "affected": "¿A quién afecta: a una persona, a un equipo o a todos?",
            "where": "¿Dónde ocurre: en casa, o en qué oficina y sala?",
            "opened": "¿Se abrió algún enlace o archivo adjunto, o se introdujo algún dato?",
            "reference": "¿De qué factura, pedido o pago se trata (número o fecha)?",
            "dates": "¿De qué fechas se trata?",
            "deadline": "¿Para cuándo se necesita?",
        },
    ),
    "fr": Phrases(
        hello="Bonjour{name},",
        thanks_and_question="merci pour votre message. Une question pour pouvoir aider :",
        thanks="merci pour votre message. Pour ajouter quelque chose, il suffit de répondre ici.",
        questions={
            "what": "De quoi s'agit-il exactement ?",
            "system": "De quel système ou programme s'agit-il ?",
            "error": "Que se passe-t-il exactement, et y a-t-il un message d'erreur ?",
            "since": "Depuis quand cela se produit-il ?",
            "device": "De quel appareil s'agit-il (modèle ou numéro d'inventaire) ?",
            "affected": "Qui est concerné : une personne, une équipe ou tout le monde ?",
            "where": "Où cela se passe-t-il : à la maison, ou dans quel bureau et quelle salle ?",
            "opened": "Un lien ou une pièce jointe ont-ils été ouverts, ou des données saisies ?",
            "reference": "De quelle facture, commande ou paiement s'agit-il (numéro ou date) ?",
            "dates": "De quelles dates s'agit-il ?",
            "deadline": "Pour quand est-ce nécessaire ?",
        },
    ),
    "pt": Phrases(
        hello="Olá{name},",
        thanks_and_question="obrigado pela mensagem. Uma pergunta, para podermos ajudar:",
        thanks="obrigado pela mensagem. Se houver algo a acrescentar, basta responder aqui.",
        questions={
            "what": "De que se trata exatamente?",
            "system": "De que sistema ou programa se trata?",
            "error": "O que acontece exatamente, e aparece alguma mensagem de erro?",
            "since": "Desde quando isto acontece?",
            "device": "De que dispositivo se trata (modelo ou número de inventário)?",
            "affected": "Quem é afetado: uma pessoa, uma equipe ou todos?",
            "where": "Onde acontece: em casa, ou em que escritório e sala?",
            "opened": "Foi aberto algum link ou anexo, ou foram inseridos dados?",
            "reference": "De que fatura, pedido ou pagamento se trata (número ou data)?",
            "dates": "De que datas se trata?",
            "deadline": "Para quando é necessário?",
        },
    ),
}
